package com.example;

import com.databricks.sql.kernel.ExecutedStatement;
import com.databricks.sql.kernel.Row;
import com.databricks.sql.kernel.Session;
import com.databricks.sql.kernel.testing.LocalWarehouse;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

@SpringBootApplication
public class Application {
    public static void main(String[] arguments) {
        System.exit(SpringApplication.exit(SpringApplication.run(Application.class, arguments)));
    }

    @Bean(destroyMethod = "close")
    LocalWarehouse warehouse() {
        return new LocalWarehouse();
    }

    @Bean(destroyMethod = "close")
    Session session(LocalWarehouse warehouse) {
        return warehouse.connect();
    }

    @Bean
    CommandLineRunner nations(Session session) {
        return arguments -> {
            try (ExecutedStatement result = session.execute("SELECT n_name FROM samples.tpch.nation ORDER BY 1")) {
                for (Row row : result.rows()) {
                    System.out.println("nation " + row.getString(0));
                }
            }
        };
    }
}
