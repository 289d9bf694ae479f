"""Settings, wiring and the entry points shared by the Lambda functions."""
