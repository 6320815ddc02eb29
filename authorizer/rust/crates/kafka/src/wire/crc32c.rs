//! CRC-32C (RFC 3720 appendix B.4), which Kafka wants over what is written. Heartbeats are a few hundred bytes.

const POLYNOMIAL: u32 = 0x82F6_3B78;

/// The checksum of the bytes.
pub fn crc32c(data: &[u8]) -> u32 {
    !data.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::crc32c;

    #[test]
    fn the_examples_of_rfc_3720() {
        let rising: Vec<u8> = (0..32).collect();
        let falling: Vec<u8> = (0..32).rev().collect();
        for (data, crc) in
            [(&[0; 32][..], 0x8A91_36AA), (&[0xFF; 32], 0x62A8_AB43), (&rising, 0x46DD_794E), (&falling, 0x113F_DB5C)]
        {
            assert_eq!(crc32c(data), crc);
        }
    }
}
