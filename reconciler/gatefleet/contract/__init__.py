"""The Python side of `contract/`: strict JSON, entity values, digests, reasons. It imports no other stage."""
