"""What answers over a network: the page for people who never saw a terminal."""
