"""Operations that PyTensor lacks or defines differently, one module per topic."""
