"""Plan layer: frozen models that say what will be done, in whole pixels."""
