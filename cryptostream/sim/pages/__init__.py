"""Templates and scripts of the simulated pages, served by ``cryptostream.sim.server``."""
