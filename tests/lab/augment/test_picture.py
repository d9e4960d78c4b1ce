"""Pictures are turned, enlarged and resized as other libraries do it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy import ndimage

from sertain.lab.augment.picture import (
    Brightness,
    Resizing,
    Rotation,
    Zoom,
    resize,
    turn,
    warp,
)

pytestmark = pytest.mark.train


def _blobs(height: int = 40, width: int = 60) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal((height, width))
    return np.asarray(ndimage.gaussian_filter(noise, 2), dtype=np.float32)


def _turned(picture: np.ndarray, degrees: float, zoom: float) -> np.ndarray:
    tensor = torch.from_numpy(picture)[None]
    return turn(tensor, torch.tensor([degrees]), torch.tensor([zoom]))[0].numpy()


@pytest.mark.parametrize("degrees", [-10.0, 5.0, 90.0])
@pytest.mark.parametrize("zoom", [1.0, 1.3])
def test_a_turned_picture_is_scipys(degrees: float, zoom: float) -> None:
    picture = _blobs()
    angle = np.deg2rad(degrees)
    # From (row, frame) in the result to the source, about the middle.
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / zoom
    middle = (np.array(picture.shape) - 1) / 2
    expected = ndimage.affine_transform(
        picture, matrix, middle - matrix @ middle, order=1, mode="reflect"
    )
    np.testing.assert_allclose(_turned(picture, degrees, zoom), expected, atol=1e-4)


def test_a_positive_angle_moves_the_last_frames_towards_the_first_row() -> None:
    picture = np.zeros((21, 21), dtype=np.float32)
    picture[10, 20] = 1.0
    turned = _turned(picture, 90.0, 1.0)
    assert np.unravel_index(turned.argmax(), turned.shape) == (0, 10)


def test_nothing_drawn_is_nothing_done() -> None:
    picture = torch.from_numpy(_blobs())[None]
    assert torch.equal(warp(picture, None, None, None), picture)
    still = turn(picture, torch.zeros(1), torch.ones(1))
    torch.testing.assert_close(still, picture, atol=1e-5, rtol=0)


def test_the_pictures_of_a_clip_move_together_and_clips_apart() -> None:
    torch.manual_seed(0)
    one = torch.from_numpy(_blobs())
    clips = torch.cat([one, one])[None].repeat(3, 1, 1)
    moved = warp(clips, Rotation(), Zoom(), Brightness(), pictures=2)
    torch.testing.assert_close(moved[:, :40], moved[:, 40:])
    assert (moved[0] - moved[1]).abs().max() > 0.01


def test_brightness_stays_in_its_bounds() -> None:
    torch.manual_seed(0)
    flat = torch.zeros(200, 4, 5)
    bright = warp(flat, None, None, Brightness(most=0.2))
    assert torch.equal(bright.amax((1, 2)), bright.amin((1, 2)))
    assert 0.18 < bright.abs().max() <= 0.2
    assert abs(bright.mean().item()) < 0.03


def test_a_ramp_stays_a_ramp_in_another_size() -> None:
    """A cell of a picture half as wide lies between two old ones: 2·i + 0.5."""
    ramp = torch.arange(64.0).expand(1, 16, 64)
    half = resize(ramp, (8, 32))
    assert half.shape == (1, 8, 32)
    expected = 2 * torch.arange(32.0) + 0.5
    torch.testing.assert_close(half[0, :, 2:-2], expected[2:-2].expand(8, -1))
    double = resize(ramp, (32, 128))
    expected = torch.arange(128.0) / 2 - 0.25
    torch.testing.assert_close(double[0, :, 2:-2], expected[2:-2].expand(32, -1))


def test_pictures_are_resized_each_for_itself() -> None:
    flat = torch.cat([torch.full((1, 6, 9), value) for value in (1.0, 2.0, 3.0)], dim=1)
    small = resize(flat, (4, 5), pictures=3)
    assert small.shape == (1, 12, 5)
    torch.testing.assert_close(small[0, :, 0], torch.tensor([1.0, 2.0, 3.0]).repeat_interleave(4))


def test_sizes_grow_with_the_epochs() -> None:
    halves = Resizing()
    assert [halves.size_at(epoch, 5)[0] for epoch in range(5)] == [128, 128, 256, 256, 256]
    three = Resizing(sizes=((64, 64), (128, 96), (256, 256)), shares=(0.2, 0.2, 0.6))
    assert [three.size_at(epoch, 10) for epoch in (0, 1, 2, 3, 4, 9)] == [
        (64, 64),
        (64, 64),
        (128, 96),
        (128, 96),
        (256, 256),
        (256, 256),
    ]
    with pytest.raises(ValidationError, match="give 2 shares that sum to 1"):
        Resizing(shares=(0.5, 0.4))
