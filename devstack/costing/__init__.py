"""What a corpus, a question and a month cost in dollars, by component."""
