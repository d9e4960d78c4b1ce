"""Making a model one's own: a new last part for any bundle, learnt from some hundred clips.

Nothing here needs torch: the bundle's own graph hears, numpy and scipy learn, onnx writes.
"""
