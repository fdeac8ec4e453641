"""Forms of people, of reporting in, of accounts and of personal data, by noun."""
