package com.acme.club.security;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;
import javax.sql.DataSource;
import org.apache.log4j.Logger;

public class C048MemberRealm {

    private static final Logger LOG = Logger.getLogger(C048MemberRealm.class);

    private final DataSource dataSource;

    public C048MemberRealm(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    public boolean changePassword(long memberId, String password) throws SQLException {
        if (password.length() < 10) {
            return false;
        }
        try (Connection c = dataSource.getConnection();
             PreparedStatement ps = c.prepareStatement("UPDATE member SET pw = ?, pw_changed = now() WHERE id = ?")) {
            ps.setString(1, encode(password));
            ps.setLong(2, memberId);
            return ps.executeUpdate() == 1;
        }
    }

    public Long login(String email, String password) {
        try (Connection c = dataSource.getConnection();
             PreparedStatement ps = c.prepareStatement("SELECT id, pw FROM member WHERE email = ? AND blocked = false")) {
            ps.setString(1, email.toLowerCase(Locale.ROOT));
            try (ResultSet rs = ps.executeQuery()) {
                if (rs.next() && MessageDigest.isEqual(bytes(rs.getString("pw")), bytes(encode(password)))) {
                    return rs.getLong("id");
                }
            }
        } catch (SQLException e) {
            LOG.error("login not possible", e);
        }
        return null;
    }

    private static byte[] bytes(String s) {
        return s.getBytes(StandardCharsets.US_ASCII);
    }

    private static String encode(String password) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            byte[] hash = digest.digest(password.getBytes(StandardCharsets.UTF_8));
            return String.format("%040x", new BigInteger(1, hash));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
