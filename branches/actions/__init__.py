"""Changes to organisations, units, appointments. Every page, command and import goes through here."""
