"""Makes the sample's checkpoint: four teachers trained from random weights, then one student that learns from their mean.

    python distill.py DATA_FOLDER START_FOLDER OUT_FOLDER        needs torch, transformers, safetensors, a GPU

DATA_FOLDER: what tokenize.mjs wrote. START_FOLDER: config.json and the checkpoint that the student starts from.
Teachers and student have the architecture of that config. Word dropout (a token becomes [UNK]) keeps a definition's label
from hanging on one rare word piece. Everything is decided on the validation split; the test split is only printed.
"""
import math
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForSequenceClassification

TEACHER_SEEDS = range(11, 15)
BATCH, WARMUP, WEIGHT_DECAY, WORD_DROPOUT, LABEL_SMOOTHING = 512, 0.06, 0.05, 0.3, 0.05
UNKNOWN, FIRST_WORD_PIECE = 1, 4  # ids 0 to 3 are special tokens
TEMPERATURE, TASK_WEIGHT = 2.0, 0.15
MAX_LENGTH, LABELS, DEVICE = 64, 45, "cuda"

data_folder, start_folder, out_folder = sys.argv[1:]
torch.backends.cuda.matmul.allow_tf32 = True
config = BertConfig.from_json_file(f"{start_folder}/config.json")
start = load_file(f"{start_folder}/model.safetensors")


def load(split):
    data = open(f"{data_folder}/{split}.bin", "rb").read()
    count, tokens = struct.unpack("<II", data[:8])
    lengths = np.frombuffer(data, np.uint8, count, 8).astype(np.int64)
    labels = np.frombuffer(data, np.uint8, count, 8 + count).astype(np.int64)
    flat = np.frombuffer(data, np.uint16, tokens, 8 + 2 * count).astype(np.int64)
    ids = np.zeros((count, MAX_LENGTH), np.int64)
    for row, (end, length) in enumerate(zip(np.cumsum(lengths), lengths)):
        ids[row, :length] = flat[end - length:end]
    return tuple(torch.tensor(array, device=DEVICE) for array in (ids, lengths, labels))


data = {split: load(split) for split in ("training", "validation", "test")}


def model(seed, weights=None):
    torch.manual_seed(seed)
    fresh = BertConfig.from_dict(config.to_dict())
    fresh.hidden_dropout_prob = fresh.attention_probs_dropout_prob = fresh.classifier_dropout = 0.1
    fresh._attn_implementation = "sdpa"
    result = BertForSequenceClassification(fresh).float().to(DEVICE)
    if weights is not None:
        result.load_state_dict({name: value.float() for name, value in weights.items()})
    return result


def logits(net, ids, lengths):
    longest = min((int(lengths.max()) + 7) // 8 * 8, MAX_LENGTH)
    mask = (torch.arange(longest, device=DEVICE)[None] < lengths[:, None]).long()
    with torch.autocast(DEVICE, torch.bfloat16):
        return net(input_ids=ids[:, :longest], attention_mask=mask).logits.float()


@torch.no_grad()
def predict(net, split):
    net.eval()
    ids, lengths, _ = data[split]
    result = torch.empty(len(ids), LABELS, device=DEVICE)
    for rows in torch.argsort(lengths).split(2048):
        result[rows] = logits(net, ids[rows], lengths[rows])
    return result


def accuracy(predicted, split):
    return 100 * (predicted.argmax(1) == data[split][2]).float().mean().item()


def train(net, epochs, rate, seed, teacher=None):
    torch.manual_seed(seed + 1000)
    ids, lengths, labels = data["training"]
    batches = len(ids) // BATCH
    steps, warm = epochs * batches, epochs * batches * WARMUP
    matrices = [p for p in net.parameters() if p.dim() > 1]
    vectors = [p for p in net.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0}],
                                  lr=rate, betas=(0.9, 0.98), fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda k: min(k / warm, 1) * 0.5 * (1 + math.cos(math.pi * min(1, max(0, (k - warm) / (steps - warm))))))
    for epoch in range(epochs):
        net.train()
        # Batches of similar length, in random order.
        order = torch.argsort(lengths.float() + 4 * torch.rand(len(ids), device=DEVICE))
        for rows in order[:batches * BATCH].view(batches, BATCH)[torch.randperm(batches, device=DEVICE)]:
            words = ids[rows]
            dropped = (torch.rand(words.shape, device=DEVICE) < WORD_DROPOUT) & (words >= FIRST_WORD_PIECE)
            scores = logits(net, torch.where(dropped, torch.full_like(words, UNKNOWN), words), lengths[rows])
            loss = F.cross_entropy(scores, labels[rows], label_smoothing=LABEL_SMOOTHING)
            if teacher is not None:
                distance = F.kl_div(F.log_softmax(scores / TEMPERATURE, -1), F.log_softmax(teacher[rows] / TEMPERATURE, -1),
                                    log_target=True, reduction="batchmean")
                loss = TASK_WEIGHT * loss + (1 - TASK_WEIGHT) * TEMPERATURE ** 2 * distance
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        if epoch % 4 == 3 or epoch == epochs - 1:
            print(f"epoch {epoch + 1}: validation {accuracy(predict(net, 'validation'), 'validation'):.2f} %", flush=True)
    return net


teacher_scores = 0
for seed in TEACHER_SEEDS:
    print(f"teacher {seed}", flush=True)
    teacher = train(model(seed), epochs=14, rate=1e-3, seed=seed)
    teacher_scores = teacher_scores + predict(teacher, "training").log_softmax(-1) / len(TEACHER_SEEDS)

print("student", flush=True)
student = train(model(0, start), epochs=30, rate=8e-4, seed=0, teacher=teacher_scores)
halves = {name: value.half().contiguous() for name, value in student.state_dict().items() if name in start}
stored = model(0, halves)
for split in ("validation", "test"):
    print(f"stored as FP16: {split} {accuracy(predict(stored, split), split):.2f} %")
save_file(halves, f"{out_folder}/model.safetensors", metadata={"format": "pt"})
