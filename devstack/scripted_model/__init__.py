"""An OpenAI-compatible endpoint that plays a script: what tests and developers have in place of a model.

`python -m devstack.scripted_model [SCRIPT.json] [--port N]` serves it; docs/agent.md has an example.
"""
