"""Pictures of no patient with text burnt in: backgrounds like CT, MR, ultrasound and radiographs."""
