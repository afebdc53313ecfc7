"""The network of a graph, in PyTorch. All layers have the same width."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from data import SIGNS, Batch, Sentence
from graph import Graph, Layer, other
from squad import scores
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import rnn

WIDTH = 48
HEADS = 4
LONGEST_ANSWER = 15  # words
RATE = 0.003
EPOCHS = 4  # of a trial

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Embedding(nn.Module):
    """Word vectors: a learned embedding, the spelling, and whether the other side has the word."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.words = nn.Embedding(words, WIDTH, padding_idx=0)
        self.letters = nn.Embedding(SIGNS, 16, padding_idx=0)
        self.spelling = nn.Conv1d(16, WIDTH, 3, padding=1)
        self.mixed = nn.Linear(2 * WIDTH + 1, WIDTH)

    def forward(self, sentence: Mapping[str, Tensor]) -> Tensor:
        letters = self.letters(sentence["letters"])
        rows, columns, count, width = letters.shape
        spelled = self.spelling(letters.view(rows * columns, count, width).transpose(1, 2))
        spelled = spelled.amax(dim=2).view(rows, columns, WIDTH)
        word = [self.words(sentence["words"]), spelled, sentence["shared"].unsqueeze(2)]
        return torch.relu(self.mixed(torch.cat(word, dim=2)))


class Attention(nn.Module):
    """Multi-head attention (Vaswani et al., 2017) to the other side, or to its own."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key_value = nn.Linear(WIDTH, 2 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, own: Tensor, seen: Tensor, there: Tensor) -> Tensor:
        query, key, value = (
            part.unflatten(2, (HEADS, -1)).transpose(1, 2)
            for part in (self.query(own), *self.key_value(seen).chunk(2, dim=2))
        )
        mask = there[:, None, None, :]
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.out(found.transpose(1, 2).flatten(2))


class Recurrent(nn.Module):
    """A gated recurrent unit in both directions (Cho et al., 2014)."""

    def __init__(self) -> None:
        super().__init__()
        self.unit = nn.GRU(WIDTH, WIDTH // 2, batch_first=True, bidirectional=True)

    def forward(self, own: Tensor, seen: Tensor, there: Tensor) -> Tensor:
        # Packed, so that the backward direction starts at the last word and not at padding.
        packed = rnn.pack_padded_sequence(
            own, there.sum(dim=1).cpu(), batch_first=True, enforce_sorted=False
        )
        states, _ = self.unit(packed)
        return rnn.pad_packed_sequence(states, batch_first=True, total_length=own.shape[1])[0]


class Convolution(nn.Module):
    """Depthwise, then pointwise, as in QANet (Yu et al., 2018)."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(WIDTH, WIDTH, 7, padding=3, groups=WIDTH)
        self.pointwise = nn.Linear(WIDTH, WIDTH)

    def forward(self, own: Tensor, seen: Tensor, there: Tensor) -> Tensor:
        return torch.relu(self.pointwise(self.depthwise(own.transpose(1, 2)).transpose(1, 2)))


INNER = {
    "attention": Attention,
    "self_attention": Attention,
    "recurrent": Recurrent,
    "convolution": Convolution,
}


class Step(nn.Module):
    """A layer with a residual connection.

    `gate` is zero at first (ReZero, Bachlechner et al., 2020), so a layer that is inserted into a
    trained network does not change its output before it is trained.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.inner = INNER[kind]()
        self.gate = nn.Parameter(torch.zeros(()))

    def forward(self, own: Tensor, here: Tensor, seen: Tensor | None, there: Tensor) -> Tensor:
        normal = self.norm(own) * here.unsqueeze(2)
        return own + self.gate * self.inner(normal, normal if seen is None else seen, there)


class Answer(nn.Module):
    """Scores every word of the text as the first and as the last word of the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Linear(WIDTH, 1)
        self.asked = nn.Linear(WIDTH, 2 * WIDTH)
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, text: Tensor, here: Tensor, question: Tensor, there: Tensor) -> Tensor:
        weight = self.weight(question).squeeze(2).masked_fill(~there, -torch.inf).softmax(dim=1)
        asked = self.asked((weight.unsqueeze(2) * question).sum(dim=1)).unflatten(1, (2, WIDTH))
        return asked @ self.norm(text).transpose(1, 2)


class Network(nn.Module):
    """The network of a graph, with random weights."""

    def __init__(self, graph: Graph, words: int) -> None:
        super().__init__()
        self.graph = graph
        self.embedding = Embedding(words)
        self.layers = nn.ModuleDict({layer.name: _module(layer) for layer in graph})
        self.to(DEVICE)

    @property
    def size(self) -> int:
        """The number of weights."""
        return sum(tensor.numel() for tensor in self.state_dict().values())

    def inherit(self, parent: Mapping[str, Tensor]) -> float:
        """Load the weights of every layer that the parent has too. Return their share of all."""
        own = self.state_dict()
        common = {name: parent[name] for name in own.keys() & parent.keys()}
        self.load_state_dict(common, strict=False)
        return sum(tensor.numel() for tensor in common.values()) / self.size

    def forward(self, batch: Batch) -> Tensor:
        """Scores, [question, first or last, word]; minus infinity for padding."""
        sides = {"text": _tensors(batch.text), "question": _tensors(batch.question)}
        there = {side: tensors["words"] > 0 for side, tensors in sides.items()}
        made = {side: self.embedding(tensors) for side, tensors in sides.items()}
        for layer in self.graph:
            own = torch.stack([made[name] for name in layer.inputs]).sum(dim=0)
            seen = None if layer.against is None else made[layer.against]
            seen_side = layer.side if layer.against is None else other(layer.side)
            step = self.layers[layer.name]
            made[layer.name] = step(own, there[layer.side], seen, there[seen_side])
        return made["answer"].masked_fill(~there["text"].unsqueeze(1), -torch.inf)

    def fit(self, batches: Sequence[Batch]) -> Iterator[None]:
        """Train one epoch for each value requested."""
        optimizer = torch.optim.Adam(self.parameters(), RATE)
        while True:
            self.train()
            for at in torch.randperm(len(batches)).tolist():
                scored = self(batches[at])
                right = torch.from_numpy(batches[at].answers).to(DEVICE)
                loss = functional.cross_entropy(scored.flatten(0, 1), right.flatten())
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.parameters(), 1.0)
                optimizer.step()
            yield

    def test(self, batches: Sequence[Batch]) -> tuple[float, float]:
        """F1 and exact match of the network's answers, from 0 to 1."""
        predicted = [answer for batch in batches for answer in self.answers(batch)]
        return scores(predicted, [question for batch in batches for question in batch.questions])

    @torch.no_grad()
    def answers(self, batch: Batch) -> list[str]:
        """The most likely answer in each text."""
        self.eval()
        first, last = self(batch).log_softmax(dim=2).unbind(dim=1)
        both = first.unsqueeze(2) + last.unsqueeze(1)
        allowed = torch.ones_like(both, dtype=torch.bool).triu().tril(LONGEST_ANSWER - 1)
        best = both.masked_fill(~allowed, -torch.inf).flatten(1).argmax(dim=1).tolist()
        places = [divmod(number, first.shape[1]) for number in best]
        return [
            question.text[spans[start][0] : spans[end][1]]
            for question, spans, (start, end) in zip(
                batch.questions, batch.spans, places, strict=True
            )
        ]


def _module(layer: Layer) -> nn.Module:
    return Answer() if layer.kind == "answer" else Step(layer.kind)


def _tensors(sentence: Sentence) -> dict[str, Tensor]:
    words, letters, shared = (torch.from_numpy(array).to(DEVICE) for array in sentence)
    return {"words": words.long(), "letters": letters.long(), "shared": shared.float()}
