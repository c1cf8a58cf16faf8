"""What can be asked over HTTP, a resource a file."""
