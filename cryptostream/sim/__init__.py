"""The simulated market: a part of the product, so that everything runs offline."""
