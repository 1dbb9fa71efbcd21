"""How browser_test.py uses the page of `plumb serve`: a file for each part of it."""
