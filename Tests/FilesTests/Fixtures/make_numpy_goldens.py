"""Makes dataset/*.npy with NumPy 2.4.6: what the reader must read, and what it must refuse.

    pip install numpy==2.4.6 && python make_numpy_goldens.py
"""
import io
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent / "numpy"
matrix = (np.arange(15, dtype=np.float32).reshape(5, 3) - 7) / 8


def save(name, array, version=None):
    with open(HERE / name, "wb") as file:
        np.lib.format.write_array(file, array, version=version)


np.save(HERE / "float32.npy", matrix)
save("float32_v2.npy", matrix, (2, 0))
save("float32_v3.npy", matrix, (3, 0))
np.save(HERE / "float16.npy", matrix.astype(np.float16))
np.save(HERE / "vector.npy", matrix[0])
np.save(HERE / "scalar.npy", np.float32(0.5))
np.save(HERE / "no_rows.npy", matrix[:0])
np.save(HERE / "fortran.npy", np.asfortranarray(matrix))
np.save(HERE / "float64.npy", matrix.astype(np.float64))
np.save(HERE / "big_endian.npy", matrix.astype(">f4"))
np.save(HERE / "objects.npy", np.array([{}]), allow_pickle=True)
