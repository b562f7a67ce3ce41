"""`python -m sqlkit`."""

from sqlkit.cli import main

if __name__ == "__main__":
    main()
