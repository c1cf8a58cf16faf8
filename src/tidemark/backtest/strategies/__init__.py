"""What somebody writes to be backtested: a class in a file of theirs, and what it is given to decide from."""
