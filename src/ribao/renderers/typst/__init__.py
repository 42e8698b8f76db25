"""The sheets that typst sets (``*.typ``), and the data that is laid on them."""
