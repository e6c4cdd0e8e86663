package com.acme.helpdesk.web;

import java.io.IOException;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.annotation.Resource;
import javax.servlet.ServletException;
import javax.servlet.annotation.HttpConstraint;
import javax.servlet.annotation.ServletSecurity;
import javax.servlet.annotation.WebServlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@WebServlet("/tickets/search")
@ServletSecurity(@HttpConstraint(rolesAllowed = "agent"))
public class C053TicketSearchServlet extends HttpServlet {

    private static final Logger LOG = LoggerFactory.getLogger(C053TicketSearchServlet.class);

    @Resource(name = "jdbc/helpdesk")
    private transient DataSource dataSource;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        List<String> values = new ArrayList<>();
        StringBuilder sql = new StringBuilder("SELECT id, created_at FROM tickets WHERE deleted = 0");
        append(sql, values, " AND requester = ?", request.getParameter("requester"));
        append(sql, values, " AND queue = ?", request.getParameter("queue"));
        append(sql, values, " AND state = ?", request.getParameter("state"));
        sql.append("asc".equals(request.getParameter("dir")) ? " ORDER BY id ASC" : " ORDER BY id DESC");

        response.setContentType("text/csv");
        response.setCharacterEncoding("UTF-8");
        try (Connection connection = dataSource.getConnection();
             PreparedStatement statement = connection.prepareStatement(sql.toString())) {
            for (int i = 0; i < values.size(); i++) {
                statement.setString(i + 1, values.get(i));
            }
            statement.setMaxRows(500);
            try (ResultSet rs = statement.executeQuery()) {
                PrintWriter out = response.getWriter();
                while (rs.next()) {
                    out.printf("%d;%tF%n", rs.getLong(1), rs.getTimestamp(2));
                }
            }
        } catch (SQLException e) {
            LOG.error("ticket search failed", e);
            response.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
        }
    }

    private static void append(StringBuilder sql, List<String> values, String condition, String value) {
        if (value != null && !value.isEmpty()) {
            sql.append(condition);
            values.add(value);
        }
    }
}
