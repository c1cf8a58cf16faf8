"""Days of market in minutes: the service in a process of its own, the exchange in another, and what came of it."""
