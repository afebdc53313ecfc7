"""One experiment on a bad cluster: bad weather, then fair, in which it must come to its end."""

PATIENCE = 20_000  # steps of fair weather until it must have closed


class Story:
    """`steps`: how many of bad weather. The controller asks `check` once a turn."""

    steps: int

    def __init__(self, cluster, controller_of, rules):
        self.cluster = cluster
        self.controller = controller_of(rules, cluster, self.check)

    def check(self, controller):
        raise NotImplementedError

    def ordinary(self):
        """What happens on every day, the likelier the more often it is named."""
        c = self.controller
        return [
            c.wave, c.answer, c.ask_again, c.errand, c.take_mail, c.think, c.notice_silence,
            c.pass_time, self.something_moves, self.something_moves,
        ]  # fmt: skip

    def unusual(self):
        """What happens now and then."""
        return [self.cluster.disaster, self.controller.wish, self.controller.kill]

    def run(self):
        c, rng = self.controller, self.cluster.rng
        ordinary, unusual = self.ordinary(), self.unusual()
        for _ in range(self.steps):
            rng.choice(unusual if rng.random() < 0.05 else ordinary)()
        self.cluster.bad = False
        self.cluster.down.clear()
        for _ in range(PATIENCE):
            if c.x.closed is not None:
                return
            rng.choice(ordinary)()
        waits = [trial for trial in c.x.trials if not trial.state.is_verdict]
        left = list(c.x.on_nodes), c.x.commands
        raise AssertionError(f"it waits for ever for {waits}, {left}")

    def something_moves(self):
        alive = self.cluster.alive()
        if alive:
            self.cluster.move(self.cluster.rng.choice(alive))
