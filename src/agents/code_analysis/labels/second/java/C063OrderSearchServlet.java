package com.acme.shop.web;

import java.io.IOException;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.annotation.Resource;
import javax.servlet.ServletException;
import javax.servlet.annotation.WebServlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@WebServlet("/orders/search")
public class C063OrderSearchServlet extends HttpServlet {

    private static final Logger LOG = LoggerFactory.getLogger(C063OrderSearchServlet.class);

    @Resource(name = "jdbc/shop")
    private DataSource dataSource;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        String customer = request.getParameter("customer");
        String status = request.getParameter("status");
        if (customer == null || customer.isEmpty()) {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST);
            return;
        }

        String sql = "SELECT id, total_cents FROM orders WHERE customer_no = '" + customer + "'";
        if (status != null) {
            sql += " AND status = '" + status + "'";
        }
        sql += " ORDER BY created_at DESC";

        response.setContentType("text/csv");
        response.setCharacterEncoding("UTF-8");
        try (Connection connection = dataSource.getConnection();
             Statement statement = connection.createStatement();
             ResultSet rs = statement.executeQuery(sql)) {
            PrintWriter out = response.getWriter();
            out.println("id;total");
            int rows = 0;
            while (rs.next()) {
                out.println(rs.getLong("id") + ";" + rs.getLong("total_cents"));
                rows++;
            }
            LOG.debug("order search returned {} rows", rows);
        } catch (SQLException e) {
            LOG.error("order search failed", e);
            response.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
        }
    }
}
