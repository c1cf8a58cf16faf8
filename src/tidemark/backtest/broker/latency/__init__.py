"""How long an order is on its way."""
