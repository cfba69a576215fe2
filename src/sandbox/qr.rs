//! QR codes as PNG images.

use qrcodegen::{QrCode, QrCodeEcc};

/// Pixels along the side of a module.
const SCALE: i32 = 4;
/// Modules of quiet zone around the code, as the QR standard asks for.
const QUIET: i32 = 4;

/// The image that encodes a text; nothing when the text is too long for any QR code.
pub fn png(text: &str) -> Option<Vec<u8>> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = (code.size() + 2 * QUIET) * SCALE;
    let rows = (0..side).flat_map(|y| row(&code, side, y / SCALE - QUIET));
    let pixels: Vec<u8> = rows.collect();
    let side = u32::try_from(side).ok()?;
    let mut image = Vec::new();
    let mut encoder = png::Encoder::new(&mut image, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(image)
}

/// A row of pixels, eight a byte, white set; `y` counts modules.
fn row(code: &QrCode, side: i32, y: i32) -> Vec<u8> {
    let white = |x: i32| x >= side || !code.get_module(x / SCALE - QUIET, y);
    let byte = |start: i32| (start..start + 8).fold(0, |bits, x| bits << 1 | u8::from(white(x)));
    (0..side).step_by(8).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_shows_the_code_of_the_text() {
        let text = "otpauth://totp/phone@123456789012?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let image = png(text).unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&image));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
        let side = usize::try_from((code.size() + 2 * QUIET) * SCALE).unwrap();
        assert_eq!((info.width as usize, info.height as usize), (side, side));
        for (at, pixel) in pixels.iter().enumerate() {
            let [x, y] = [at % side, at / side].map(|at| i32::try_from(at).unwrap() / SCALE - QUIET);
            assert_eq!(*pixel == 0, code.get_module(x, y), "module {x},{y}");
        }
        assert_eq!(png(text).unwrap(), image);
    }

    #[test]
    fn a_text_that_fits_no_code_gives_no_image() {
        assert_eq!(png(&"x".repeat(5_000)), None);
    }
}
