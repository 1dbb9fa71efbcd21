"""`python -m plumb` is the command `plumb`."""

from .command import main

if __name__ == "__main__":
    main()
