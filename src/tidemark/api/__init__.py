"""HTTP and WebSocket: what the monitor knows, for programs and for the dashboard, from the same process."""
