"""``python -m ribao``."""

from ribao.cli import main

if __name__ == "__main__":
    main()
