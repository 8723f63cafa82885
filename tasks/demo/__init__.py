"""A small synthetic plate whose true shifts are known, and how well its images agree."""
