"""Notes, orders, label mentions and signatures by lot; nothing of them is written down in the product."""
