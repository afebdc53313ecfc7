"""One experiment on a faulty cluster: first with faults, then without until it closes."""

PATIENCE = 80_000  # steps without faults within which it must close


class CoreRun:
    """`steps`: the number of steps with faults. The controller calls `check` once a turn."""

    steps: int

    def __init__(self, cluster, controller_of, rules):
        self.cluster = cluster
        cluster.names = rules.objectives.names if rules.objectives.are_named else ()
        self.controller = controller_of(rules, cluster, self.check)

    def check(self, controller):
        raise NotImplementedError

    def ordinary(self):
        """The frequent steps. A step that is listed twice is twice as likely."""
        c = self.controller
        return [
            c.wave,
            c.answer,
            c.send_due,
            c.store_task,
            c.take_mail,
            c.propose,
            c.notice_silence,
            c.pass_time,
            c.end_pause,
            self.an_attempt_advances,
            self.an_attempt_advances,
        ]

    def unusual(self):
        """The rare steps."""
        return [self.cluster.incident, self.controller.request, self.controller.kill]

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
        raise AssertionError(
            f"it does not close; open trials, attempts and commands: {waits}, {left}"
        )

    def an_attempt_advances(self):
        alive = self.cluster.alive()
        if alive:
            self.cluster.advance(self.cluster.rng.choice(alive))
