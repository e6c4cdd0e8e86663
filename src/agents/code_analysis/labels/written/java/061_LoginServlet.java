package com.acme.portal;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.servlet.ServletException;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.sql.DataSource;

public class LoginServlet extends HttpServlet {

    private transient DataSource dataSource;

    @Override
    public void init() throws ServletException {
        dataSource = (DataSource) getServletContext().getAttribute("dataSource");
    }

    private String lookup(String user, String digest) throws SQLException {
        StringBuilder sql = new StringBuilder("SELECT id FROM account WHERE active = 1");
        sql.append(" AND login = '").append(user).append("'");
        sql.append(" AND pw_digest = '").append(digest).append("'");
        try (Connection c = dataSource.getConnection(); Statement st = c.createStatement()) {
            ResultSet rs = st.executeQuery(sql.toString());
            return rs.next() ? rs.getString(1) : null;
        }
    }

    @Override
    protected void doPost(HttpServletRequest req, HttpServletResponse resp) throws IOException {
        try {
            String id = lookup(req.getParameter("user"), Digests.of(req.getParameter("password")));
            if (id == null) {
                resp.sendError(HttpServletResponse.SC_UNAUTHORIZED);
                return;
            }
            req.changeSessionId();
            req.getSession().setAttribute("account", id);
            resp.sendRedirect("home");
        } catch (SQLException e) {
            resp.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
        }
    }
}
