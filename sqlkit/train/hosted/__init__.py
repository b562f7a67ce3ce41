"""Tuning at a provider: OpenAI and Azure OpenAI."""
