"""Everything that reads SQL text."""
