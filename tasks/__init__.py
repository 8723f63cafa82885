"""One module per Prefect task, over Prefect-free packages that do the work."""
