"""What can be subscribed to: a kind of topic a file."""
