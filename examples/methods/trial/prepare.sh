#!/bin/sh
# Puts Fashion-MNIST into the node's own directory: Debian's package, installed or unpacked without
# root. Where there is none, the trials use scikit-learn's digits.
set -eu
installed=/usr/share/datasets/fashion-mnist
cd "$HEIRLOOM_NODE_DIR"
if [ -d "$installed" ]; then
  ln -s "$installed" fashion-mnist
elif apt-get download dataset-fashion-mnist; then
  dpkg -x dataset-fashion-mnist_*.deb unpacked
  mv unpacked"$installed" fashion-mnist
  rm -r unpacked dataset-fashion-mnist_*.deb
else
  echo "no Fashion-MNIST here: trials use the digits of scikit-learn"
fi
