//! The time that `yaml::read` takes. In: a head, a NUL, a piece, a NUL, a tail. The piece is repeated until the file is as large as a
//! fragment may be; what takes more than linear time then exceeds the fuzzer's `-timeout`.

use yaml::{Limits, print, read};

/// The time grows with the square of this where something is quadratic.
const FILE_BYTES: usize = 128 * 1024;

/// Reads the large file that a small one describes.
pub fn check(bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |byte| *byte == 0);
    let [head, piece, tail] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let room = FILE_BYTES.saturating_sub(head.len() + tail.len());
    let times = room.checked_div(piece.len()).unwrap_or_default();
    let file = [head, &piece.repeat(times), tail].concat();
    if let Ok(Some(tree)) = read(&file, &Limits::default()) {
        let _text = print(&tree);
    }
}
