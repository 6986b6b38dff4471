"""Pages that ask a trained network: where is it wrong, why did it say that, can it be fooled, what is inside?"""
