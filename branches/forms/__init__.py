"""Forms of the organisation, unit and appointment pages."""
