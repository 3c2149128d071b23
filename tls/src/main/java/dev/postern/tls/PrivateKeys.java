package dev.postern.tls;

import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;

/**
 * Private keys from their DER forms. The JDK reads PKCS#8 alone, so the two older forms are wrapped into it: PKCS#1
 * ({@code RSAPrivateKey}, RFC 8017 A.1.2) and SEC1 ({@code ECPrivateKey}, RFC 5915).
 */
final class PrivateKeys {
    private static final int SEQUENCE = 0x30;
    private static final int INTEGER = 0x02;
    private static final int OCTET_STRING = 0x04;
    private static final int OBJECT_IDENTIFIER = 0x06;
    /** {@code parameters [0]} of an ECPrivateKey: the curve. */
    private static final int CURVE_TAG = 0xa0;

    private static final byte[] VERSION_0 = {INTEGER, 1, 0};
    /** rsaEncryption 1.2.840.113549.1.1.1 with NULL parameters. */
    private static final byte[] RSA_ALGORITHM = {
        SEQUENCE, 13, OBJECT_IDENTIFIER, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
    };
    /** ecPublicKey 1.2.840.10045.2.1. */
    private static final byte[] EC_ALGORITHM_ID = {
        OBJECT_IDENTIFIER, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1
    };

    private PrivateKeys() {}

    static PrivateKey fromPkcs8(byte[] der) throws GeneralSecurityException {
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(der);
        try {
            return KeyFactory.getInstance("RSA").generatePrivate(spec);
        } catch (InvalidKeySpecException notRsa) {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        }
    }

    static PrivateKey fromPkcs1(byte[] der) throws GeneralSecurityException {
        byte[] pkcs8 = element(SEQUENCE, VERSION_0, RSA_ALGORITHM, element(OCTET_STRING, der));
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    static PrivateKey fromSec1(byte[] der) throws GeneralSecurityException {
        byte[] algorithm = element(SEQUENCE, EC_ALGORITHM_ID, curveOf(der));
        byte[] pkcs8 = element(SEQUENCE, VERSION_0, algorithm, element(OCTET_STRING, der));
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    /** Does the key sign what the certificate's public key verifies? */
    static boolean belongTogether(PrivateKey privateKey, PublicKey publicKey) {
        String algorithm;
        if (privateKey instanceof RSAKey && publicKey instanceof RSAKey) {
            algorithm = "SHA256withRSA";
        } else if (privateKey instanceof ECKey && publicKey instanceof ECKey) {
            algorithm = "SHA256withECDSA";
        } else {
            return false;
        }
        try {
            byte[] probe = new byte[32];
            Signature signer = Signature.getInstance(algorithm);
            signer.initSign(privateKey);
            signer.update(probe);
            byte[] signature = signer.sign();
            Signature verifier = Signature.getInstance(algorithm);
            verifier.initVerify(publicKey);
            verifier.update(probe);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** The object identifier inside {@code [0]}: ECPrivateKey ::= SEQUENCE { version, privateKey, [0] curve, [1] public }. */
    private static byte[] curveOf(byte[] sec1) throws InvalidKeySpecException {
        int position = contentStart(sec1, 0);
        while (position < sec1.length) {
            int start = contentStart(sec1, position);
            int end = start + contentLength(sec1, position);
            if (end > sec1.length || end <= position) {
                break;
            }
            if ((sec1[position] & 0xff) == CURVE_TAG) {
                return Arrays.copyOfRange(sec1, start, end);
            }
            position = end;
        }
        throw new InvalidKeySpecException("the EC key does not name its curve");
    }

    private static int contentStart(byte[] der, int position) throws InvalidKeySpecException {
        int first = at(der, position + 1);
        return position + 2 + (first < 0x80 ? 0 : first & 0x7f);
    }

    private static int contentLength(byte[] der, int position) throws InvalidKeySpecException {
        int first = at(der, position + 1);
        if (first < 0x80) {
            return first;
        }
        if (first > 0x82) {
            throw new InvalidKeySpecException("an element is too long for a key");
        }
        int length = 0;
        for (int i = 0; i < (first & 0x7f); i++) {
            length = length << 8 | at(der, position + 2 + i);
        }
        return length;
    }

    private static int at(byte[] der, int position) throws InvalidKeySpecException {
        if (position >= der.length) {
            throw new InvalidKeySpecException("the key is truncated");
        }
        return der[position] & 0xff;
    }

    private static byte[] element(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        int length = content.size();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (length < 0x80) {
            out.write(length);
        } else if (length <= 0xff) {
            out.write(0x81);
            out.write(length);
        } else {
            out.write(0x82);
            out.write(length >> 8);
            out.write(length);
        }
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }
}
