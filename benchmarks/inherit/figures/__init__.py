"""What searches have cost, and what inheriting saves: computed from what they reported."""
