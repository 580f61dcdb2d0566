"""Operations that PyTensor lacks or defines differently, one module for each noun."""
