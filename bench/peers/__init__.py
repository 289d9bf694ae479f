"""What other retrieval libraries find on the same documents with the same vectors, and how long they take."""
