"""An entity with what is around it: asked for, laid out and drawn."""
