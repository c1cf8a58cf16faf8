"""What Prometheus is told: a leaf for each family of figures, made anew at every scrape."""
