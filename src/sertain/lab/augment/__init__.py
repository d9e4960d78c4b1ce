"""What is done to clips in training so that the network hears more than the corpora hold."""
