"""The HTTP edge: routers, request and response models, problem+json errors."""
