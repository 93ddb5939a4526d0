"""``python -m cryptostream`` is the command line."""

from cryptostream.cli.main import main

if __name__ == "__main__":
    main()
